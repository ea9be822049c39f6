//+------------------------------------------------------------------+
//|                                                    ByteQueue.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_ZMTP_BYTEQUEUE_MQH
#define MT5CONNECTOR_ZMTP_BYTEQUEUE_MQH
#include <MT5Connector/Crypto/Bytes.mqh>

//+------------------------------------------------------------------+
//| Bytes in, bytes out, in order; taking from the front costs nothing|
//+------------------------------------------------------------------+
class CByteQueue
  {
private:
   uchar             m_data[];
   int               m_head;
   int               m_tail;
public:
                     CByteQueue(void);
   int               Size(void) const { return(m_tail-m_head); }
   int               At(const int index) const { return((int)m_data[m_head+index]); }
   ulong             Uint64At(const int index) const { return(CBytes::GetUint64Be(m_data,m_head+index)); }
   bool              Append(const uchar &data[],const int from,const int count);
   void              Copy(const int index,uchar &target[],const int count) const;
   void              Skip(const int count);
   void              Clear(void);
  };
//+------------------------------------------------------------------+
//| Empty                                                            |
//+------------------------------------------------------------------+
CByteQueue::CByteQueue(void)
  {
   m_head=0;
   m_tail=0;
  }
//+------------------------------------------------------------------+
//| Puts bytes at the end; false without memory                      |
//+------------------------------------------------------------------+
bool CByteQueue::Append(const uchar &data[],const int from,const int count)
  {
   int size=Size();
   if(m_tail+count>ArraySize(m_data))
     {
      //--- what was taken makes room, unless more than half is still in use
      if(m_head>0 && size*2<=ArraySize(m_data) && size+count<=ArraySize(m_data))
        {
         ArrayCopy(m_data,m_data,0,m_head,size);
         m_head=0;
         m_tail=size;
        }
      else
         if(ArrayResize(m_data,m_tail+count,m_tail+count+1024)!=m_tail+count)
            return(false);
     }
   ArrayCopy(m_data,data,m_tail,from,count);
   m_tail+=count;
   return(true);
  }
//+------------------------------------------------------------------+
//| Copies bytes and leaves them where they are                      |
//+------------------------------------------------------------------+
void CByteQueue::Copy(const int index,uchar &target[],const int count) const
  {
   ArrayCopy(target,m_data,0,m_head+index,count);
  }
//+------------------------------------------------------------------+
//| Takes bytes from the front                                       |
//+------------------------------------------------------------------+
void CByteQueue::Skip(const int count)
  {
   m_head+=count;
   if(m_head==m_tail)
     {
      m_head=0;
      m_tail=0;
     }
  }
//+------------------------------------------------------------------+
//| Gives the memory back                                            |
//+------------------------------------------------------------------+
void CByteQueue::Clear(void)
  {
   ArrayFree(m_data);
   m_head=0;
   m_tail=0;
  }
#endif
//+------------------------------------------------------------------+
