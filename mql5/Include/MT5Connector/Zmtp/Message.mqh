//+------------------------------------------------------------------+
//|                                                      Message.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_ZMTP_MESSAGE_MQH
#define MT5CONNECTOR_ZMTP_MESSAGE_MQH
#include <MT5Connector/Crypto/Bytes.mqh>
#include <MT5Connector/Zmtp/Limits.mqh>

//+------------------------------------------------------------------+
//| A message of up to ZMTP_FRAMES_MAX frames                        |
//+------------------------------------------------------------------+
class CZmtpMessage
  {
private:
   uchar             m_data[];
   int               m_ends[ZMTP_FRAMES_MAX];
   int               m_frames;
   ulong             m_peer;
public:
                     CZmtpMessage(void);
   void              Clear(void);
   bool              AddFrame(const uchar &data[],const int from,const int count);
   bool              AddWhole(const uchar &data[]) { return(AddFrame(data,0,ArraySize(data))); }
   int               Frames(void) const { return(m_frames); }
   int               Bytes(void) const;
   int               FrameStart(const int index) const;
   int               FrameSize(const int index) const { return(m_ends[index]-FrameStart(index)); }
   bool              GetFrame(const int index,uchar &data[]) const;
   void              CopyFrame(const int index,uchar &target[],const int target_at) const;
   bool              Assign(const CZmtpMessage &other);
   bool              StartsWith(const uchar &topics[],const int at,const int length) const;
   ulong             Peer(void) const { return(m_peer); }
   void              SetPeer(const ulong peer) { m_peer=peer; }
  };
//+------------------------------------------------------------------+
//| No frames                                                        |
//+------------------------------------------------------------------+
CZmtpMessage::CZmtpMessage(void)
  {
   Clear();
  }
//+------------------------------------------------------------------+
//| Drops all frames                                                 |
//+------------------------------------------------------------------+
void CZmtpMessage::Clear(void)
  {
   m_frames=0;
   m_peer=0;
  }
//+------------------------------------------------------------------+
//| Bytes of all frames                                              |
//+------------------------------------------------------------------+
int CZmtpMessage::Bytes(void) const
  {
   if(m_frames==0)
      return(0);
   return(m_ends[m_frames-1]);
  }
//+------------------------------------------------------------------+
//| Where a frame begins                                             |
//+------------------------------------------------------------------+
int CZmtpMessage::FrameStart(const int index) const
  {
   if(index==0)
      return(0);
   return(m_ends[index-1]);
  }
//+------------------------------------------------------------------+
//| Puts a frame behind the others; false at the limit or without memory|
//+------------------------------------------------------------------+
bool CZmtpMessage::AddFrame(const uchar &data[],const int from,const int count)
  {
   int size=Bytes();
   if(m_frames>=ZMTP_FRAMES_MAX)
      return(false);
   if(size+count>ArraySize(m_data) && ArrayResize(m_data,size+count,size+256)!=size+count)
      return(false);
   ArrayCopy(m_data,data,size,from,count);
   m_ends[m_frames]=size+count;
   m_frames++;
   return(true);
  }
//+------------------------------------------------------------------+
//| A frame's bytes                                                  |
//+------------------------------------------------------------------+
bool CZmtpMessage::GetFrame(const int index,uchar &data[]) const
  {
   if(index<0 || index>=m_frames || !CBytes::Resize(data,FrameSize(index)))
      return(false);
   ArrayCopy(data,m_data,0,FrameStart(index),FrameSize(index));
   return(true);
  }
//+------------------------------------------------------------------+
//| A frame's bytes into the middle of other ones                    |
//+------------------------------------------------------------------+
void CZmtpMessage::CopyFrame(const int index,uchar &target[],const int target_at) const
  {
   ArrayCopy(target,m_data,target_at,FrameStart(index),FrameSize(index));
  }
//+------------------------------------------------------------------+
//| Becomes a copy                                                   |
//+------------------------------------------------------------------+
bool CZmtpMessage::Assign(const CZmtpMessage &other)
  {
   int size=other.Bytes();
   Clear();
   if(size>ArraySize(m_data) && ArrayResize(m_data,size,256)!=size)
      return(false);
   for(int i=0; i<other.Frames(); i++)
     {
      other.CopyFrame(i,m_data,other.FrameStart(i));
      m_ends[i]=other.FrameStart(i)+other.FrameSize(i);
     }
   m_frames=other.Frames();
   m_peer=other.Peer();
   return(true);
  }
//+------------------------------------------------------------------+
//| Tells whether the first frame begins with a topic                |
//+------------------------------------------------------------------+
bool CZmtpMessage::StartsWith(const uchar &topics[],const int at,const int length) const
  {
   if(m_frames==0 || FrameSize(0)<length)
      return(false);
   for(int i=0; i<length; i++)
      if(m_data[i]!=topics[at+i])
         return(false);
   return(true);
  }
#endif
//+------------------------------------------------------------------+
