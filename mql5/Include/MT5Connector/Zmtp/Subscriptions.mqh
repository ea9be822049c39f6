//+------------------------------------------------------------------+
//|                                                Subscriptions.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_ZMTP_SUBSCRIPTIONS_MQH
#define MT5CONNECTOR_ZMTP_SUBSCRIPTIONS_MQH
#include <MT5Connector/Zmtp/Message.mqh>

//+------------------------------------------------------------------+
//| The topics of one subscriber, each with the count of its subscriptions|
//+------------------------------------------------------------------+
class CZmtpSubscriptions
  {
private:
   uchar             m_topics[];
   int               m_starts[];
   int               m_lengths[];
   int               m_counts[];
   int               m_size;
   int               Find(const uchar &data[],const int at,const int length) const;
   void              Remove(const int index);
public:
                     CZmtpSubscriptions(void);
   void              Clear(void);
   bool              Add(const uchar &data[],const int at,const int length);
   void              Cancel(const uchar &data[],const int at,const int length);
   bool              Matches(const CZmtpMessage &message) const;
   int               Size(void) const { return(m_size); }
  };
//+------------------------------------------------------------------+
//| None                                                             |
//+------------------------------------------------------------------+
CZmtpSubscriptions::CZmtpSubscriptions(void)
  {
   m_size=0;
  }
//+------------------------------------------------------------------+
//| Forgets all                                                      |
//+------------------------------------------------------------------+
void CZmtpSubscriptions::Clear(void)
  {
   m_size=0;
   ArrayFree(m_topics);
  }
//+------------------------------------------------------------------+
//| The place of a topic, or -1                                      |
//+------------------------------------------------------------------+
int CZmtpSubscriptions::Find(const uchar &data[],const int at,const int length) const
  {
   for(int i=0; i<m_size; i++)
      if(m_lengths[i]==length && CBytes::Equal(m_topics,m_starts[i],data,at,length))
         return(i);
   return(-1);
  }
//+------------------------------------------------------------------+
//| One subscription more; false at the limits                       |
//+------------------------------------------------------------------+
bool CZmtpSubscriptions::Add(const uchar &data[],const int at,const int length)
  {
   int index=Find(data,at,length);
   int used=ArraySize(m_topics);
   if(index>=0)
     {
      m_counts[index]++;
      return(true);
     }
   if(length>ZMTP_TOPIC_MAX || m_size>=ZMTP_SUBSCRIPTIONS_MAX)
      return(false);
   if(ArrayResize(m_topics,used+length,4096)!=used+length || ArrayResize(m_starts,m_size+1,64)!=m_size+1 ||
      ArrayResize(m_lengths,m_size+1,64)!=m_size+1 || ArrayResize(m_counts,m_size+1,64)!=m_size+1)
      return(false);
   ArrayCopy(m_topics,data,used,at,length);
   m_starts[m_size]=used;
   m_lengths[m_size]=length;
   m_counts[m_size]=1;
   m_size++;
   return(true);
  }
//+------------------------------------------------------------------+
//| One subscription less; one that is not there does not matter     |
//+------------------------------------------------------------------+
void CZmtpSubscriptions::Cancel(const uchar &data[],const int at,const int length)
  {
   int index=Find(data,at,length);
   if(index<0)
      return;
   m_counts[index]--;
   if(m_counts[index]==0)
      Remove(index);
  }
//+------------------------------------------------------------------+
//| Closes the gap that a topic leaves                               |
//+------------------------------------------------------------------+
void CZmtpSubscriptions::Remove(const int index)
  {
   int start=m_starts[index];
   int length=m_lengths[index];
   int used=ArraySize(m_topics);
   ArrayCopy(m_topics,m_topics,start,start+length,used-start-length);
   if(!CBytes::Resize(m_topics,used-length))
      return;
   for(int i=index; i<m_size-1; i++)
     {
      m_starts[i]=m_starts[i+1];
      m_lengths[i]=m_lengths[i+1];
      m_counts[i]=m_counts[i+1];
     }
   m_size--;
   for(int i=index; i<m_size; i++)
      m_starts[i]-=length;
  }
//+------------------------------------------------------------------+
//| Tells whether a message is wanted                                |
//+------------------------------------------------------------------+
bool CZmtpSubscriptions::Matches(const CZmtpMessage &message) const
  {
   for(int i=0; i<m_size; i++)
      if(message.StartsWith(m_topics,m_starts[i],m_lengths[i]))
         return(true);
   return(false);
  }
#endif
//+------------------------------------------------------------------+
